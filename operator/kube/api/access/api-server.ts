/** Where an API server is, and how to show who asks. */
export type ApiServer = {
  /** With scheme, and without `/` at its end. */
  readonly url: string
  readonly tls: TlsOptions
  /** Asked for each request. @throws If nobody can be shown. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>
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
