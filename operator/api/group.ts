/** The group and version of our resources, and what `kubectl get` calls all of them together. */
export const apiVersion = 'kavka.dev/v1alpha1'
export const category = 'kavka'
