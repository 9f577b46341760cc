/** Routes of the nodules that users mark; part of the table in routes.ts. */
import { z } from 'zod';
import { AnnotationChange, AnnotationRequest } from './annotationRequest.ts';
import { Nodule } from './nodule.ts';
import { Id, Uid } from './primitives.ts';

const byNodule = z.object({ seriesInstanceUID: Uid, noduleId: Id });

export const annotationRoutes = {
  annotate: {
    method: 'post',
    path: '/series/:seriesInstanceUID/annotations',
    summary: 'Mark and rate a nodule: it is kept like an imported one and written as segmentation and report',
    params: z.object({ seriesInstanceUID: Uid }),
    body: AnnotationRequest,
    success: { status: 201, body: Nodule },
    problems: [400, 403, 404, 409, 422, 502],
  },
  changeAnnotation: {
    method: 'put',
    path: '/series/:seriesInstanceUID/annotations/:noduleId',
    summary:
      'Rate or outline an annotated nodule anew; a new segmentation and report take the place of the old ones',
    params: byNodule,
    body: AnnotationChange,
    success: { status: 200, body: Nodule },
    problems: [400, 403, 404, 409, 422, 502],
  },
  deleteAnnotation: {
    method: 'delete',
    path: '/series/:seriesInstanceUID/annotations/:noduleId',
    summary: 'Forget an annotated nodule and take its segmentations and reports out of the archive',
    params: byNodule,
    success: { status: 204, body: z.null() },
    problems: [400, 403, 404, 409, 502],
  },
} as const;
