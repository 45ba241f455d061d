export { plainLine, plainText } from '../harness/messages/plain-text.ts';
