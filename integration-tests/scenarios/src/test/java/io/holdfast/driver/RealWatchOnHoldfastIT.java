package io.holdfast.driver;

/** The driver's own test of its watches on a real store, here on Holdfast. */
class RealWatchOnHoldfastIT extends RealWatchTest {}
