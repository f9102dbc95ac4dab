import type { SchemaField } from '../../operator.js';

/** The schema of the task logs in Spark's types. Keys are nullable because some rows lack them on purpose. */
export const taskSchema: SchemaField[] = [
  { name: 'task_id', type: 'bigint', nullable: true },
  { name: 'project_id', type: 'int', nullable: true },
  { name: 'user_id', type: 'int', nullable: true },
  { name: 'task_type', type: 'string', nullable: false },
  { name: 'priority', type: 'string', nullable: false },
  { name: 'status', type: 'string', nullable: false },
  { name: 'created_at', type: 'timestamp', nullable: false },
  { name: 'started_at', type: 'timestamp', nullable: true },
  { name: 'finished_at', type: 'timestamp', nullable: true },
  { name: 'estimated_hours', type: 'double', nullable: false },
  { name: 'duration_hours', type: 'double', nullable: true },
  { name: 'complexity', type: 'int', nullable: false },
];

/** The schema of the dimension `projects` in Spark's types. */
export const projectSchema: SchemaField[] = [
  { name: 'project_id', type: 'int', nullable: false },
  { name: 'name', type: 'string', nullable: false },
  { name: 'department', type: 'string', nullable: false },
  { name: 'budget_hours', type: 'double', nullable: false },
  { name: 'started_on', type: 'date', nullable: false },
];

/** The schema of the dimension `users` in Spark's types. */
export const userSchema: SchemaField[] = [
  { name: 'user_id', type: 'int', nullable: false },
  { name: 'name', type: 'string', nullable: false },
  { name: 'team', type: 'string', nullable: false },
  { name: 'seniority', type: 'string', nullable: false },
  { name: 'hired_on', type: 'date', nullable: false },
];
