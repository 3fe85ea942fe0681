using OpsMonitor.Silo.Orleans.Node;

return await NodeOptions.Run(args, ClusterNode.Run);
