package io.holdfast.config;

import io.smallrye.config.ConfigValue;
import io.smallrye.config.ConfigValueConfigSource;
import java.util.HashMap;
import java.util.Map;

/**
 * The source for runtimes built on SmallRye Config: each value also says which key it stands under,
 * and which revision changed it last. Loaded only where SmallRye is present.
 */
final class ProvenanceConfigSource extends HoldfastConfigSource implements ConfigValueConfigSource {
  ProvenanceConfigSource(LiveStore store, int ordinal) {
    super(store, ordinal);
  }

  @Override
  public ConfigValue getConfigValue(String propertyName) {
    ConfigSnapshot.Property property = snapshot().properties().get(propertyName);
    if (property != null) {
      return configValue(propertyName, property.value(), property.provenance());
    }
    String own = getValue(propertyName);
    return own == null ? null : configValue(propertyName, own, getName());
  }

  @Override
  public Map<String, ConfigValue> getConfigValueProperties() {
    Map<String, ConfigValue> values = new HashMap<>();
    snapshot()
        .properties()
        .forEach(
            (name, property) ->
                values.put(name, configValue(name, property.value(), property.provenance())));
    return values;
  }

  private ConfigValue configValue(String name, String value, String provenance) {
    return ConfigValue.builder()
        .withName(name)
        .withValue(value)
        .withRawValue(value)
        .withConfigSourceName(getName() + " " + provenance)
        .withConfigSourceOrdinal(getOrdinal())
        .build();
  }

  @Override
  public String getValue(String propertyName) {
    return super.getValue(propertyName);
  }

  @Override
  public Map<String, String> getProperties() {
    return super.getProperties();
  }
}
