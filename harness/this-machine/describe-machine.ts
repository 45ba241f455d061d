import { existsSync, readFileSync } from 'node:fs';
import { arch, release } from 'node:os';
import { parseOsRelease } from './os-release.ts';

/** The machine where rdc itself runs: what a report names beside the machine that was judged. */
export function describeMachine(): Record<'os' | 'kernel' | 'architecture' | 'node', string> {
  const file = '/etc/os-release';
  const name = existsSync(file) ? parseOsRelease(readFileSync(file, 'utf8')).get('PRETTY_NAME') : undefined;
  return { os: name ?? process.platform, kernel: release(), architecture: arch(), node: process.versions.node };
}
