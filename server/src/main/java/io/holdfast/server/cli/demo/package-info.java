/** The demonstration: a store and an application that follows it, in one command. */
package io.holdfast.server.cli.demo;
