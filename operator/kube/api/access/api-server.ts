/** Where an API server is, and how to show who asks. */
export type ApiServer = {
  /** With scheme, and without `/` at its end. */
  readonly url: string
  /**
   * As they are now: they are replaced while a process runs. Asked for each request and for each new
   * connection. @throws If nobody can be shown.
   */
  readonly credentials: () => Promise<Credentials>
}

export type Credentials = {
  readonly tls: TlsOptions
  /** Of each request. */
  readonly headers: Readonly<Record<string, string>>
}

/** As `node:tls` has them. */
export type TlsOptions = {
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  /** Whom the certificate is to name, if that is not who is dialled. */
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
}
