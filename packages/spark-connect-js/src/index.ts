export { SparkSession } from './sql/spark-session.js';
