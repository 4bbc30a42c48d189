#!/usr/bin/env bash
# Starts one Elasticsearch node from its published jars, for machines where no image can be pulled: the server and its
# HTTP transport, no optional module. elasticsearch.sh [port]: prints the process id; ending that process stops the
# node. Needs Java 17 and Maven.
set -euo pipefail
. "$(dirname "$0")/run-folder.sh"
port=${1:-19200}
version=8.19.0
home=${MARGAY_SERVERS:-$HOME/.cache/margay-test}/elasticsearch-$version
jars=$home/jars
modules=$home/modules

if [ ! -d "$jars" ]; then
  build=$(mktemp -d)
  cat > "$build/pom.xml" << POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>margay.test</groupId><artifactId>node</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.elasticsearch</groupId><artifactId>elasticsearch</artifactId><version>$version</version></dependency>
    <dependency><groupId>org.elasticsearch.plugin</groupId><artifactId>transport-netty4</artifactId><version>$version</version></dependency>
  </dependencies>
</project>
POM
  mvn -q -B -f "$build/pom.xml" dependency:copy-dependencies -DoutputDirectory="$build/jars" >&2
  transport=$build/modules/transport-netty4
  mkdir -p "$transport" "$home"
  mv "$build"/jars/netty-* "$build"/jars/transport-netty4* "$transport/"
  cat > "$transport/plugin-descriptor.properties" << DESCRIPTOR
name=transport-netty4
description=HTTP transport
version=$version
elasticsearch.version=$version
java.version=17
classname=org.elasticsearch.transport.netty4.Netty4Plugin
extended.plugins=
has.native.controller=false
modulename=
DESCRIPTOR
  rm -rf "$modules"
  mv "$build/modules" "$modules"
  mv "$build/jars" "$jars"
fi

cat > "$home/TestNode.java" << 'JAVA'
import java.nio.file.Path;
import java.util.Map;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/** One node, on the loopback interface unless told otherwise: folder, modules, HTTP port. */
class TestNode {
  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    int port = Integer.parseInt(arguments[2]);
    Settings settings = Settings.builder()
        .put("path.home", folder.toString())
        .put("path.data", System.getProperty("margay.data", folder.resolve("data").toString()))
        .put("path.logs", folder.resolve("logs").toString())
        .put("cluster.name", "margay-test")
        .put("discovery.type", "single-node")
        .put("network.host", System.getProperty("margay.host", "127.0.0.1"))
        .put("http.port", port)
        .put("transport.port", port + 100)
        .put("cluster.routing.allocation.disk.threshold_enabled", false)
        .build();
    LogConfigurator.loadLog4jPlugins();
    LogConfigurator.configureWithoutConfig(settings);
    var loader = PluginsLoader.createPluginsLoader(
        PluginsLoader.loadModulesBundles(Path.of(arguments[1])),
        PluginsLoader.loadPluginsBundles(folder.resolve("plugins")), Map.of(), false);
    new Node(new Environment(settings, folder.resolve("config")), loader).start();
    Thread.currentThread().join();
  }
}
JAVA

run=$(run_folder "$home")
mkdir -p "$run/config" "$run/data" "$run/logs" "$run/plugins"
nohup java -Xmx1g -Des.path.home="$run" -Dmargay.data="${MARGAY_ELASTICSEARCH_DATA:-$run/data}" -cp "$jars/*" \
  "$home/TestNode.java" "$run" "$modules" "$port" > "$run/node.log" 2>&1 &
node=$!
for _ in $(seq 360); do
  if curl -fs "http://127.0.0.1:$port/_cluster/health" > /dev/null; then
    echo "$node"
    exit
  fi
  kill -0 "$node" 2> /dev/null || break
  sleep 0.5
done
kill "$node" 2> /dev/null || true
echo "The node did not start; its log is $run/node.log" >&2
exit 1
