export { isFromDisk, StorageError, storageErrorOf } from '../../lib/storage-error.ts'
