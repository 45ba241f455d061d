import { expect, test as it } from 'vitest';
import { narrowLimits, parseLimits, parseProcessorMask, parseScheduling } from './unit-limits.ts';

// of the user manager of debian-12
const manager = `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max file size             unlimited            unlimited            bytes     
Max core file size        0                    unlimited            bytes     
Max processes             7571                 7571                 processes 
Max open files            1024                 1048576              files     
Max realtime timeout      unlimited            unlimited            us        
`;

it('limits by their names, with and without a unit', () => {
  const limits = parseLimits(manager);
  expect(limits.get('cpu time')).toEqual({ soft: Number.POSITIVE_INFINITY, hard: Number.POSITIVE_INFINITY });
  expect(limits.get('open files')).toEqual({ soft: 1024, hard: 1_048_576 });
  expect([...limits.keys()]).toHaveLength(6);
  expect(
    parseLimits('Max nice priority         0                    0                    \n').get('nice priority'),
  ).toEqual({
    soft: 0,
    hard: 0,
  });
  expect(parseLimits('cat: /proc/1/limits: No such file or directory\n').size).toBe(0);
});

const changed = (line: string, by: string) => parseLimits(manager.replace(line, by));
const unlimited = parseLimits(manager);

it('a unit may raise soft limits, and lower none', () => {
  const raised = changed('Max open files            1024', 'Max open files            1048575');
  expect(narrowLimits(raised, unlimited, unlimited)).toEqual([]);
  const softly = changed('Max file size             unlimited', 'Max file size             1073741824');
  expect(narrowLimits(softly, unlimited, unlimited)).toEqual(['file size 1073741824 Infinity']);
  const hard = changed('7571                 7571', '700                  700');
  expect(narrowLimits(hard, unlimited, unlimited)).toEqual(['processes 700 700']);
});

it('what log-ins are limited in is seen where nobody is by default', () => {
  const time = changed(
    'Max cpu time              unlimited            unlimited',
    'Max cpu time              3600   3600',
  );
  expect(narrowLimits(time, time, unlimited)).toEqual(['cpu time 3600 3600']);
  const files = changed('1048576', '4096');
  expect(narrowLimits(files, files, unlimited)).toEqual([]);
});

it('masks of processors', () => {
  expect(parseProcessorMask('Cpus_allowed:\t00000000,00000003\nCpus_allowed_list:\t0-1\n')).toBe(3n);
  expect(parseProcessorMask('Cpus_allowed:\t1,00000000\n')).toBe(2n ** 32n);
  expect(parseProcessorMask('Cpus_allowed:\t,\n')).toBeNull();
  expect(parseProcessorMask('')).toBeNull();
});

it('scheduling', () => {
  expect(parseScheduling('Cpus_allowed:\t3\npolicy 0 nice 19\n')).toBe('policy 0 nice 19');
  expect(() => parseScheduling('Cpus_allowed:\t3\n')).toThrow(/scheduling/);
});
