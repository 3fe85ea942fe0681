namespace OpsMonitor.Silo.Orleans.Storage;

/// <summary>PostgreSQL for grains, members and reminders. Its tables come from Orleans' own scripts; see docs/cluster.md.</summary>
internal static class PostgresStore
{
    private const string Invariant = "Npgsql";

    public static void Use(ISiloBuilder silo, string connection)
    {
        silo.UseAdoNetClustering(o => (o.Invariant, o.ConnectionString) = (Invariant, connection));
        silo.UseAdoNetReminderService(o => (o.Invariant, o.ConnectionString) = (Invariant, connection));
        silo.AddAdoNetGrainStorage(Store.Name, o => (o.Invariant, o.ConnectionString, o.GrainStorageSerializer) = (Invariant, connection, new StoreBytes()));
    }
}
