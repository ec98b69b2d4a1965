package io.holdfast.driver;

/** The driver's own test of its fail-over on a real store, here on Holdfast. */
class RealFailoverOnHoldfastIT extends RealFailoverTest {}
