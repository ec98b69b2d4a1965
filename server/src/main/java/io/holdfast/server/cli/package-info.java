/** The commands that talk to a running store, each through the driver as any application does. */
package io.holdfast.server.cli;
