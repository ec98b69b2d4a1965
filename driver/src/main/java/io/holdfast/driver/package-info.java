/**
 * The client of Holdfast and of any other store that speaks the etcd v3 protocol.
 *
 * <p>Begin with {@link io.holdfast.driver.Drivers#connect(String)}. Public signatures show types of
 * the JDK and of this package only, whatever the driver uses inside.
 */
package io.holdfast.driver;
