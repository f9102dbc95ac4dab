import { Column } from '../sql/column.js';

const variableNames = ['x', 'y'];

/**
 * A function of columns as an argument for functions such as `transform`; its variables are named by the request.
 * @param arity how many variables Spark fills in, whether or not the body uses all of them
 */
export function lambda(arity: number, body: (...variables: Column[]) => Column): Column {
  return new Column((request) => {
    const variables = variableNames.slice(0, arity).map((name) => ({ nameParts: [request.variable(name)] }));
    const columns = variables.map(
      (value) => new Column(() => ({ exprType: { case: 'unresolvedNamedLambdaVariable', value } })),
    );
    const inner = body(...columns).expression(request);
    return { exprType: { case: 'lambdaFunction', value: { function: inner, arguments: variables } } };
  });
}
