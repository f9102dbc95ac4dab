export { callFunction, col, expr, lit } from '../sql/column.js';
