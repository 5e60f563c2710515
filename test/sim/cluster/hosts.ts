export const controllers = ['controller-1', 'controller-2']
export const brokers = ['broker-1', 'broker-2', 'broker-3']
export const client = 'client'
