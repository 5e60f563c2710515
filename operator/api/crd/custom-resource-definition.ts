import { group, version } from '../group.ts'
import type { Column, Resource } from '../schema/resource.ts'
import { re2Of } from './cel.ts'
import { type Schema, schemaOf } from './schema.ts'
import { validationOf } from './validations.ts'

/**
 * What an API server has to know of a kind.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/custom-resource-definition-v1/
 */
export function customResourceDefinition(table: Resource) {
  const { kind, plural, shortNames, categories, columns, scale, status } = table
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        ...(shortNames.length === 0 ? {} : { shortNames }),
        ...(categories.length === 0 ? {} : { categories }),
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: rootSchema(table) },
          ...(status === undefined
            ? {}
            : { subresources: { status: {}, ...(scale === undefined ? {} : { scale }) } }),
          additionalPrinterColumns: columns.map(printerColumn),
        },
      ],
    },
  }
}

function rootSchema({ doc, name, spec, status, rules }: Resource): Schema {
  return {
    description: doc,
    type: 'object',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: {
        type: 'object',
        properties: {
          name: { type: 'string', pattern: re2Of(name.pattern), maxLength: name.maxLength },
        },
      },
      spec: schemaOf(spec),
      ...(status === undefined ? {} : { status: schemaOf(status) }),
    },
    ...(rules.length === 0 ? {} : { 'x-kubernetes-validations': rules.map(validationOf) }),
  }
}

function printerColumn({ name, type, jsonPath, wide }: Column) {
  return { name, type, jsonPath, ...(wide === undefined ? {} : { priority: 1 }) }
}
