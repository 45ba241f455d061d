# A Vagrantfile for `vagrant validate`: the libvirt provider with what it loads only when a machine is started.
require 'vagrant-libvirt/driver'
Vagrant.configure('2') do |config|
  config.vm.box = 'none'
  config.vm.provider :libvirt
end
