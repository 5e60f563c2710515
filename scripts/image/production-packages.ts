/** The part of a package-lock.json that is read here. */
export type Lock = {
  readonly packages: {
    readonly [path: string]: { readonly dev?: boolean; readonly optional?: boolean }
  }
}

/**
 * Where the packages are that kavka runs with, such as `node_modules/pino`. Not among them is the Node
 * that npm brings for a checkout, since an image has one already.
 */
export function productionPackages({ packages }: Lock): string[] {
  return Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true && !bundledNode.test(path))
    .map(([path]) => path)
}

const bundledNode = /^node_modules\/node-(linux|bin)-/
