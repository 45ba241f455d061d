/** By this label a container of a check is found that the daemon created and refused to start. */
export const nonceLabel = 'rdc.nonce';
