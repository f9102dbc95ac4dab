/** The value of an option of a data source; Spark reads all of them as texts. */
export type OptionValue = string | number | bigint | boolean;

export function optionText(value: OptionValue): string {
  return String(value);
}
