package io.carillon.server;

import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The same with OpenSSL's kind of engine, whose library the build has for this system only. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class TlsOpenSslIT extends TlsIT {
  @Override
  String engine() {
    return "openssl";
  }
}
