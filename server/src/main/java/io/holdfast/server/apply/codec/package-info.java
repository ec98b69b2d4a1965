/** The bytes of a command in the log: protobuf, and the only place of the room that knows it. */
package io.holdfast.server.apply.codec;
