namespace OpsMonitor.Silo.Orleans.Storage;

/// <summary>Stands in where the build left Azure Storage out.</summary>
internal static class AzureStore
{
    public static void Use(ISiloBuilder silo, string connection) =>
        throw new NotSupportedException("This build has no Azure Storage (-p:OrleansAzure=false). Build it with, or use --storage postgres.");
}
