package io.holdfast.driver;

/** The driver's own test of its requests on a real store, here on Holdfast. */
class RealStoreOnHoldfastIT extends RealStoreTest {}
