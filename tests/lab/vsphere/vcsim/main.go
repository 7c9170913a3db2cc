// A vCenter or ESXi simulator for the tests: govmomi's own, served with our certificate, user and model.
//
// Debian's golang-github-vmware-govmomi-dev holds the libraries only, so the program is ours. It prints one line,
// `READY url=… pid=…`, when it answers, and removes the files of its machines on SIGTERM.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"log"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	_ "github.com/vmware/govmomi/lookup/simulator"
	_ "github.com/vmware/govmomi/pbm/simulator"
	"github.com/vmware/govmomi/simulator"
	_ "github.com/vmware/govmomi/sts/simulator"
	_ "github.com/vmware/govmomi/vapi/simulator"
)

func main() {
	esx := flag.Bool("esx", false, "be a lone ESXi host instead of a vCenter")
	listen := flag.String("listen", "127.0.0.1:8989", "address to serve")
	certificate := flag.String("cert", "", "PEM file of the server's certificate; without one it serves plain http")
	key := flag.String("key", "", "PEM file of its key")
	api := flag.String("api-version", "7.0.3.0", "API version to report")
	var model modelFlags
	model.declare()
	flag.Parse()

	m := simulator.VPX()
	if *esx {
		m = simulator.ESX()
	}
	model.apply(m)
	m.ServiceContent.About.ApiVersion = *api
	if err := m.Create(); err != nil {
		log.Fatal(err)
	}
	defer m.Remove()

	// User and password come by the environment: an argument is for every user of the machine to read.
	credentials := url.UserPassword(os.Getenv("VCSIM_USER"), os.Getenv("VCSIM_PASSWORD"))
	m.Service.RegisterEndpoints = true
	m.Service.Listen = &url.URL{Host: *listen, User: credentials}
	if *certificate != "" {
		pair, err := tls.LoadX509KeyPair(*certificate, *key)
		if err != nil {
			log.Fatal(err)
		}
		m.Service.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	}
	server := m.Service.NewServer()
	fmt.Printf("READY url=%s://%s/sdk pid=%d\n", server.URL.Scheme, server.URL.Host, os.Getpid())

	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGINT, syscall.SIGTERM)
	<-ended // and leave at once: closing the server would wait for clients that wait for updates
}

// modelFlags are counts of what the simulator invents; -1 leaves the model's own.
type modelFlags struct {
	datacenters, clusters, hosts, standalone, machines, pools, apps, folders, pods, datastores, portgroups int
}

func (f *modelFlags) declare() {
	flag.IntVar(&f.datacenters, "datacenters", -1, "datacenters")
	flag.IntVar(&f.clusters, "clusters", -1, "clusters of each datacenter")
	flag.IntVar(&f.hosts, "hosts", -1, "hosts of each cluster")
	flag.IntVar(&f.standalone, "standalone", -1, "hosts outside of clusters, of each datacenter")
	flag.IntVar(&f.machines, "machines", -1, "machines of each root resource pool")
	flag.IntVar(&f.pools, "pools", -1, "resource pools of each cluster")
	flag.IntVar(&f.apps, "vapps", -1, "vApps of each cluster")
	flag.IntVar(&f.folders, "folders", -1, "datacenters that lie in a folder, with all that is theirs in folders too")
	flag.IntVar(&f.pods, "pods", -1, "datastore clusters of each datacenter")
	flag.IntVar(&f.datastores, "datastores", -1, "datastores of each datacenter")
	flag.IntVar(&f.portgroups, "portgroups", -1, "distributed port groups of each datacenter")
}

func (f *modelFlags) apply(m *simulator.Model) {
	for _, each := range []struct{ given, field *int }{
		{&f.datacenters, &m.Datacenter},
		{&f.clusters, &m.Cluster},
		{&f.hosts, &m.ClusterHost},
		{&f.standalone, &m.Host},
		{&f.machines, &m.Machine},
		{&f.pools, &m.Pool},
		{&f.apps, &m.App},
		{&f.folders, &m.Folder},
		{&f.pods, &m.Pod},
		{&f.datastores, &m.Datastore},
		{&f.portgroups, &m.Portgroup},
	} {
		if *each.given >= 0 {
			*each.field = *each.given
		}
	}
}
