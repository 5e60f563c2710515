/** The group and version of our resources, and what `kubectl get` calls all of them together. */
export const group = 'kavka.dev'
export const version = 'v1alpha1'
export const apiVersion = `${group}/${version}`
/** Of everything that belongs to a cluster: its name. */
export const clusterLabel = `${group}/cluster`
export const category = 'kavka'
