export { replaceFile, replaceFileLater, writeFile } from '../../lib/replace-file.ts'
