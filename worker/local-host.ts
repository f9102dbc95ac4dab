/**
 * Whether a request names this machine by one of its own names. A web page elsewhere can have a name of its own lead here, and the
 * browser then takes our answers for that page's; but it says the page's name.
 *
 * @param header `Host` of the request
 */
export function namesThisMachine(header: string | undefined): boolean {
  if (header === undefined || !URL.canParse(`http://${header}`)) return false;
  const { hostname } = new URL(`http://${header}`);
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
