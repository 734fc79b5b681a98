/**
 * Lets pepr's watches try again for as long as the API server is away. Import it before pepr, which reads this
 * when it is loaded.
 *
 * Otherwise pepr gives a watch up after five tries, 5 s apart, and ends the process: an API server that is away
 * for half a minute ends every controller, and a kubelet then waits up to five minutes to start it again.
 */
process.env.PEPR_RESYNC_FAILURE_MAX ??= String(2 ** 31 - 1);
