/**
 * A MicroProfile ConfigSource whose values come from a store and stay current by themselves.
 *
 * <p>Add the dependency and set {@code holdfast.config.url}; nothing here is meant to be called.
 * {@code docs/config-source.md} tells what the settings are and how keys become properties.
 */
package io.holdfast.config;
