package io.holdfast.driver;

import org.junit.jupiter.api.parallel.Isolated;

/** The driver's own test of its fail-over on a real store, here on Holdfast. */
@Isolated("it waits with short deadlines")
class RealFailoverOnHoldfastIT extends RealFailoverTest {}
