import { describe, expect, it } from 'vitest';
import { type RunUpdateName, readArgument } from '../../../dag/run-updates.js';

describe('the argument of an Update', () => {
  it.each<[RunUpdateName, unknown, unknown]>([
    ['retryTask', undefined, {}],
    ['retryTask', null, {}],
    ['retryTask', {}, {}],
    ['retryTask', 'train', { tasks: ['train'] }],
    ['retryTask', ['train', 'each[3]', 'train'], { tasks: ['train', 'each[3]'] }],
    ['retryTask', { tasks: 'train', params: { k: 3 } }, { tasks: ['train'], params: { k: 3 } }],
    ['markSuccess', { tasks: ['a', 'b'], output: null }, { tasks: ['a', 'b'], output: null }],
    ['clearTasks', { tasks: 'a', downstream: false }, { tasks: ['a'], downstream: false }],
    ['failRun', 'given up', { reason: 'given up' }],
    ['failRun', { reason: 'given up' }, { reason: 'given up' }],
  ])('%s %j', (name, argument, expected) => {
    expect(readArgument(name, argument)).toEqual(expected);
  });

  it.each<[RunUpdateName, unknown, string]>([
    [
      'retryTask',
      3,
      'retryTask takes a task, a list of tasks or an object with tasks, params, startOver, got 3',
    ],
    ['retryTask', { task: 'train' }, "retryTask takes no 'task' (did you mean 'tasks'?)"],
    ['skipTask', { output: 1 }, "skipTask takes no 'output' (it takes: tasks)"],
    ['retryTask', [], 'retryTask: tasks: expected a task such as "train" or a list of these, got []'],
    [
      'retryTask',
      ['a', 1],
      'retryTask: tasks: expected a task such as "train" or a list of these, got ["a",1]',
    ],
    ['retryTask', { params: [] }, 'retryTask: params: expected an object of params, got []'],
    ['clearTasks', { downstream: 'no' }, "clearTasks: downstream: expected true or false, got 'no'"],
    ['failRun', ['a'], 'failRun takes a text or an object with reason, got ["a"]'],
    ['failRun', { reason: 3 }, 'failRun: reason: expected a text, got 3'],
  ])('%s refuses %j', (name, argument, message) => {
    expect(() => readArgument(name, argument)).toThrow(message);
  });
});
