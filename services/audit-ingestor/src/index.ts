export { followLines, readLines } from '@margay/sources';
