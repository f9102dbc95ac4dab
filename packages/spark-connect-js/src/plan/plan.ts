import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ExpressionSchema } from '../gen/spark/connect/expressions_pb.js';
import type { RelationSchema } from '../gen/spark/connect/relations_pb.js';

/** A relation as a plain object, ready to become a protocol message. */
export type RelationInit = MessageInitShape<typeof RelationSchema>;
/** An expression as a plain object, ready to become a protocol message. */
export type ExpressionInit = MessageInitShape<typeof ExpressionSchema>;
/** What a relation does: one of the protocol's relation types with its content. */
export type RelationType = NonNullable<RelationInit['relType']>;

/** Writes an expression into the request that is being built. */
export type Expression = (request: PlanRequest) => ExpressionInit;

/**
 * A node of a DataFrame's plan. Nodes are immutable and know their inputs through what `write` closes over. They
 * have no ids of their own: those belong to a request.
 */
export class PlanNode {
  /** @param write gives the relation's content; inputs are written by {@link PlanRequest.relation} */
  constructor(readonly write: (request: PlanRequest) => RelationType) {}
}

/**
 * Builds the relations of one request. Nodes are numbered in the order in which they are met, so that the same
 * program makes the same bytes in any process: a new process can then take over an operation of one that died.
 */
export class PlanRequest {
  readonly #ids = new Map<PlanNode, bigint>();
  readonly #written = new Map<PlanNode, RelationInit>();
  #variables = 0;

  /** The relation of a node, with everything below it. */
  relation(node: PlanNode): RelationInit {
    const known = this.#written.get(node);
    if (known !== undefined) return known;
    const planId = this.id(node);
    const relation: RelationInit = { common: { planId }, relType: node.write(this) };
    this.#written.set(node, relation);
    return relation;
  }

  /** The number of a node in this request, which columns refer to. */
  id(node: PlanNode): bigint {
    const id = this.#ids.get(node) ?? BigInt(this.#ids.size);
    this.#ids.set(node, id);
    return id;
  }

  /** A name for a lambda's variable that no other lambda in this request has. */
  variable(name: string): string {
    return `${name}_${this.#variables++}`;
  }
}

/** The relation of a node in a request of its own. */
export function toRelation(node: PlanNode): RelationInit {
  return new PlanRequest().relation(node);
}
