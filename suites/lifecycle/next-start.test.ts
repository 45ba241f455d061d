import { describe, expect, test as it } from 'vitest';
import { parseTimes, settingsIn } from './next-start.ts';

describe('when the configuration was read and changed', () => {
  it('by the start of the daemon', () =>
    expect(parseTimes('changed 1500\nboot 1000\nticks 25000 100\nreload 0\n')).toEqual({ changed: 1500, read: 1250 }));

  it('by a signal', () =>
    expect(parseTimes('changed 1500\nboot 1000\nticks 25000 100\nreload 1600\n')).toEqual({
      changed: 1500,
      read: 1600,
    }));

  it('no file, and no journal', () =>
    expect(parseTimes('boot 1000\nticks 100 100\n')).toEqual({ changed: null, read: 1001 }));

  it('no process', () => expect(() => parseTimes('boot 1000\nticks  100\n')).toThrow(/could not be read/));
});

it('what an environment says of folders, network and proxies', () => {
  const environment = 'USER=tester\nHOME=/home/tester\nXDG_DATA_HOME=/data\nhttps_proxy=http://192.0.2.1:3128\n';
  expect(settingsIn(`${environment}DOCKERD_ROOTLESS_ROOTLESSKIT_NET=pasta\nLANG=C.UTF-8\n`)).toEqual([
    'DOCKERD_ROOTLESS_ROOTLESSKIT_NET=pasta',
    'HOME=/home/tester',
    'XDG_DATA_HOME=/data',
    'https_proxy=http://192.0.2.1:3128',
  ]);
});
