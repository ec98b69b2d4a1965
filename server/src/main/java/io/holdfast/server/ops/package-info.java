/** What operators see of a running member: health probes and metrics. */
package io.holdfast.server.ops;
