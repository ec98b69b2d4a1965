/** A small application whose greeting is read from the store, live. */
package io.holdfast.demo;
