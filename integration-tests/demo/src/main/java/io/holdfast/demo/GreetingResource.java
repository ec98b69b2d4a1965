package io.holdfast.demo;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import jakarta.json.Json;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.function.Supplier;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * A greeting that follows the store, in each of the three ways in which MicroProfile Config is
 * live. Nothing here knows of the store: it is one more source of the configuration.
 */
@Path("/greeting")
@ApplicationScoped
public class GreetingResource {
  private static final String PROPERTY = "greeting";

  private final Provider<String> provider;
  private final Supplier<String> supplier;
  private final Config config;

  /** Made once; the values behind the provider, the supplier and the config change. */
  @Inject
  public GreetingResource(
      @ConfigProperty(name = PROPERTY) Provider<String> provider,
      @ConfigProperty(name = PROPERTY) Supplier<String> supplier,
      Config config) {
    this.provider = provider;
    this.supplier = supplier;
    this.config = config;
  }

  /** The greeting as text. */
  @GET
  @Produces(MediaType.TEXT_PLAIN)
  public String text() {
    return provider.get() + "\n";
  }

  /** The greeting, and where it comes from. */
  @GET
  @Produces(MediaType.APPLICATION_JSON)
  public String json() {
    return Json.createObjectBuilder()
        .add("greeting", provider.get())
        .add("supplier", supplier.get())
        .add("config", config.getValue(PROPERTY, String.class))
        .add("source", config.getConfigValue(PROPERTY).getSourceName())
        .build()
        .toString();
  }
}
