using Azure.Data.Tables;
using Azure.Storage.Blobs;

namespace OpsMonitor.Silo.Orleans.Storage;

/// <summary>
/// Azure Storage, the cluster's default: blobs for grains (no limit of a megabyte as in tables; a write is guarded by its ETag), tables for
/// members and reminders.
/// </summary>
internal static class AzureStore
{
    public static void Use(ISiloBuilder silo, string connection)
    {
        silo.UseAzureStorageClustering(o => o.TableServiceClient = new TableServiceClient(connection));
        silo.UseAzureTableReminderService(o => o.TableServiceClient = new TableServiceClient(connection));
        silo.AddAzureBlobGrainStorage(Store.Name, o => (o.BlobServiceClient, o.ContainerName, o.GrainStorageSerializer) = (new BlobServiceClient(connection), Store.Name, new StoreBytes()));
    }
}
