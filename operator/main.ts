import { runOperator } from './in-kubernetes/run-operator.ts'

// `node operator/main.ts`: the operator in Kubernetes; what it has to know is in its environment.
await runOperator(process.env)
