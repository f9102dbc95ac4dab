import { setCurrentDetails } from '@temporalio/workflow';

/**
 * What the Temporal UI shows on this workflow's page, as Markdown. It is made when somebody looks, not at each event: the SDK keeps what
 * it is given until it answers the UI's query in JSON.
 */
export function showDetails(render: () => string): void {
  setCurrentDetails({ toJSON: render } as unknown as string);
}
