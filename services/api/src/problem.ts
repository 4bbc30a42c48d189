export { missing, Problem, refused } from '@margay/runtime';
