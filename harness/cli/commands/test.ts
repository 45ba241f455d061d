export async function testCommand(_words: readonly string[]): Promise<number> {
  return 3;
}
