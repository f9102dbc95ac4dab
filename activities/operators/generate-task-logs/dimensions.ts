import { faker } from '@faker-js/faker/locale/en';
import {
  type Data,
  DateDay,
  Field,
  Float64,
  Int32,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import type { GenerateSettings } from '../../../config/sections/generate.js';
import type { SchemaField } from '../../operator.js';
import type { Projects, Users } from './population.js';
import { projectSchema, userSchema } from './schemas.js';

/** Typical sizes, which settle how many departments and teams there are. */
const projectsPerDepartment = 25;
const usersPerTeam = 20;

/** The dimension `projects`: names by faker, numbers as drawn. */
export function projectTable(settings: GenerateSettings, projects: Projects): Table {
  faker.seed(settings.seed);
  const count = settings.projects;
  const departments = distinct(
    () => faker.commerce.department(),
    Math.ceil(count / projectsPerDepartment),
    20,
  );
  const rows = Array.from({ length: count }, () => ({
    name: capitalized(`${faker.word.adjective()} ${faker.hacker.noun()}`),
    department: faker.helpers.arrayElement(departments),
  }));
  return table(projectSchema, [
    ids(count),
    strings(rows.map(({ name }) => name)),
    strings(rows.map(({ department }) => department)),
    makeData({ type: new Float64(), data: projects.budgetHours }),
    makeData({ type: new DateDay(), data: projects.startedOn }),
  ]);
}

/** The dimension `users`: names by faker, seniority and dates as drawn. */
export function userTable(settings: GenerateSettings, users: Users): Table {
  faker.seed(settings.seed);
  const count = settings.users;
  const seniorities = Object.keys(settings.seniorities);
  const teamName = () => capitalized(`${faker.color.human()} ${faker.animal.type()}`);
  const teams = distinct(teamName, Math.ceil(count / usersPerTeam), 500);
  const rows = Array.from({ length: count }, () => ({
    name: faker.person.fullName(),
    team: faker.helpers.arrayElement(teams),
  }));
  return table(userSchema, [
    ids(count),
    strings(rows.map(({ name }) => name)),
    strings(rows.map(({ team }) => team)),
    strings(Array.from(users.seniority, (index) => seniorities[index] ?? '')),
    makeData({ type: new DateDay(), data: users.hiredOn }),
  ]);
}

function distinct(name: () => string, wanted: number, most: number): string[] {
  return faker.helpers.uniqueArray(name, Math.min(wanted, most));
}

function capitalized(words: string): string {
  return words.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
}

function ids(count: number): Data {
  return makeData({ type: new Int32(), data: Int32Array.from({ length: count }, (_, i) => i + 1) });
}

function strings(values: string[]): Data {
  return vectorFromArray(values, new Utf8()).data[0] as Data;
}

function table(schema: SchemaField[], children: Data[]): Table {
  const fields = schema.map(({ name, nullable }, i) => new Field(name, (children[i] as Data).type, nullable));
  const length = children[0]?.length ?? 0;
  const struct = makeData({ type: new Struct(fields), length, nullCount: 0, children });
  return new Table([new RecordBatch(new Schema(fields), struct)]);
}
