/**
 * What processes that Nightjar starts for itself may know of its environment. Secrets that stand there are the worker's
 * alone: servers show their environment to whoever may ask them.
 */

/** @typedef {Readonly<Record<string, string | undefined>>} Environment */

/** How to find programs and files, the language, the time zone. */
const ordinary =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|XDG_\w+|JAVA_HOME|LD_LIBRARY_PATH)$/;

/** How to reach a package registry, and settings of npm, pip and pyenv. */
const installing = [
  /^(https?|ftp|all|no)_proxy$/i,
  /^(npm_|pip_)/i,
  /^(PYENV_\w+|PYTHON\w*|VIRTUAL_ENV|NETRC|NODE_AUTH_TOKEN|NODE_OPTIONS)$/,
  /^(NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE)$/,
];

/**
 * Of an embedded server and of supervisors.
 * @param {readonly string[]} [names] of variables that it may know beside the ordinary ones
 * @param {Environment} [env]
 */
export function serverEnvironment(names = [], env = process.env) {
  return pick(env, (name) => ordinary.test(name) || names.includes(name));
}

/**
 * Of npm, pip and the build.
 * @param {Environment} [env]
 */
export function setupEnvironment(env = process.env) {
  return pick(env, (name) => [ordinary, ...installing].some((pattern) => pattern.test(name)));
}

/**
 * @param {Environment} env
 * @param {(name: string) => boolean} isWanted
 * @returns {Record<string, string>}
 */
function pick(env, isWanted) {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && isWanted(name) ? [[name, value]] : [],
    ),
  );
}
