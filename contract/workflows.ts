/** Workflow type of a batch of a mapped task's instances. With a slash, so that no DAG can have it. */
export const mappedBatchWorkflow = 'nightjar/mapped-batch';
