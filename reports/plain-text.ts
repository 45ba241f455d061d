export { plainLine, plainText } from '../harness/plain-text.ts';
