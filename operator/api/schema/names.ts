import type { Pattern } from './fields.ts'

/** @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
export const dnsLabel: Pattern = {
  match: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  says: 'small letters, digits and -, with a letter or digit at both ends',
}

/** RFC 1123, as Kubernetes has it. */
export const dnsSubdomain: Pattern = {
  match: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  says: 'small letters, digits, - and ., with a letter or digit at both ends',
}

/** The name of a port of a Service (RFC 6335), which is a label with a letter in it. */
export const portName: Pattern = {
  match: /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
  says: 'small letters, digits and -, beginning with a letter',
}

/** The key of a label or annotation, with or without the domain of its owner. */
export const qualifiedName: Pattern = {
  match:
    /^([a-z0-9]([-a-z0-9]{0,251}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,251}[a-z0-9])?)*\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
  says: 'letters, digits, -, _ and ., after a domain and / if there is one',
}

/** @see https://semver.org */
export const semanticVersion: Pattern = {
  match: /^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$/,
  says: 'a version such as 0.1.0',
}

/** An id as Kafka prints it. */
export const kafkaUuid: Pattern = {
  match: /^[A-Za-z0-9_-]{22}$/,
  says: 'an id of Kafka, which has 22 characters',
}

export const sha256: Pattern = {
  match: /^[A-Za-z0-9_-]{43}$/,
  says: 'a SHA-256 in base64url, which has 43 characters',
}
