# Prints, as JSON, what Vagrant makes of each machine of the Vagrantfile: the XML of its domain, and what provisions it.
# Nothing is started: the Vagrantfile runs against a recorder, and the plugin's own template renders what it says.
#   ruby vagrantfile.rb VAGRANTFILE
require 'erb'
require 'json'
require 'vagrant'
require 'vagrant-libvirt/config'

# Takes every word of a Vagrantfile that is not about the provider, and goes into its blocks.
class Recorder
  attr_reader :machines, :provisions

  def initialize(libvirt = nil)
    @libvirt = libvirt
    @machines = {}
    @provisions = []
  end

  def define(name, **)
    libvirt = VagrantPlugins::ProviderLibvirt::Config.new
    one = Recorder.new(libvirt)
    yield one
    @machines[name] = [libvirt, one.provisions]
  end

  def provider(name)
    yield @libvirt if name == :libvirt
  end

  def provision(name, path: nil, source: nil, **)
    @provisions << { name: name, file: path || source }
  end

  def method_missing(name, *)
    %i[vm ssh trigger].include?(name) ? self : nil
  end

  def respond_to_missing?(*)
    true
  end
end

# The instance variables that the template reads.
class Domain
  def initialize(name, config)
    @domain_type = config.driver
    @name = "rdc-#{name}"
    @uuid = '00000000-0000-0000-0000-000000000001'
    @memory_size = config.memory * 1024
    @cpus = config.cpus
    @cpu_mode = config.cpu_mode
    @cpu_model = config.cpu_model
    @cpu_fallback = 'allow'
    @serials = config.serials
    # the second is the seed of a cloud image
    @domain_volumes = %w[vda vdb].map { |device| { absolute_path: "/var/lib/libvirt/images/rdc/rdc-#{name}-#{device}.img", device: device, bus: 'virtio' } }
    @disk_driver_opts = { cache: 'unsafe' }
    @graphics_type = 'none'
    @memballoon_enabled = false
    @rng = { model: 'random' }
    @usbctl_dev = { model: 'none' }
    @clock_offset = 'utc'
    %i[boot_order cpu_features memory_backing disks cdroms floppies channels inputs pcis usbs redirdevs redirfilters
       features features_hyperv clock_timers].each { |list| instance_variable_set("@#{list}", []) }
    %i[cpu_topology memtunes cpu_affinity sysinfo watchdog_dev smartcard_dev qemu_env].each { |map| instance_variable_set("@#{map}", {}) }
    @qemu_args = config.qemu_args.is_a?(Array) ? config.qemu_args : []
  end

  def to_xml
    plugin = Gem.loaded_specs['vagrant-libvirt']&.gem_dir || Gem::Specification.find_by_name('vagrant-libvirt').gem_dir
    template = File.join(plugin, 'lib', 'vagrant-libvirt', 'templates', 'domain.xml.erb')
    ERB.new(File.read(template), trim_mode: '-').result(binding)
  end
end

recorder = Recorder.new
Vagrant.define_singleton_method(:configure) { |*, &block| block.call(recorder) }
load ARGV.fetch(0)
puts JSON.generate(recorder.machines.to_h { |name, (config, steps)| [name, { xml: Domain.new(name, config).to_xml, steps: steps }] })
